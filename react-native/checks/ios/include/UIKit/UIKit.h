// Apple's UIKit, as far as React Native's headers name it.

#import <Foundation/Foundation.h>

@interface UIView : NSObject
@end
