// The turbo-module as React Native knows it.

#import <AppwriteSessionSpec/AppwriteSessionSpec.h>

/// The class that React Native makes for the module `AppwriteSession`, one for each JavaScript that runs.
@interface AppwriteSession : NativeAppwriteSessionSpecBase <NativeAppwriteSessionSpec>
@end
