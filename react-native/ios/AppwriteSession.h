// The turbo-module for React Native.

#import <AppwriteSessionSpec/AppwriteSessionSpec.h>

/// The class of the turbo-module `AppwriteSession`. React Native creates one instance for each JavaScript runtime.
@interface AppwriteSession : NativeAppwriteSessionSpecBase <NativeAppwriteSessionSpec>
@end
