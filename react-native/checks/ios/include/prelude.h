// What Apple's Foundation brings along and GNUstep's does not, as far as React Native's headers and the module use it.

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#import <Foundation/Foundation.h>

#define __nullable _Nullable
#define kCFNull [NSNull null]
#define __deprecated_msg(text) __attribute__((deprecated(text)))

typedef NSObject *dispatch_queue_t;
typedef NSObject *dispatch_queue_attr_t;
typedef void (^dispatch_block_t)(void);
#define DISPATCH_QUEUE_SERIAL nil
extern "C" dispatch_queue_t dispatch_queue_create(const char *label, dispatch_queue_attr_t attributes);
