// The turbo-module for React Native. It converts structs to dictionaries and calls the Swift implementation.

#import "AppwriteSession.h"

#import <React/RCTInvalidating.h>

// The header that Xcode generates from AppwriteSessionShim.swift: in a framework, or beside this file.
#if __has_include(<react_native_appwrite_session/react_native_appwrite_session-Swift.h>)
#import <react_native_appwrite_session/react_native_appwrite_session-Swift.h>
#else
#import "react_native_appwrite_session-Swift.h"
#endif

using namespace facebook::react;

// A missing value is nil. Assigning nil adds nothing to a dictionary.

static NSDictionary *dictionary(JS::NativeAppwriteSession::NativePresence presence)
{
  NSMutableDictionary *values = [NSMutableDictionary dictionary];
  values[@"policy"] = presence.policy();
  values[@"timeoutMs"] = @(presence.timeoutMs());
  values[@"title"] = presence.title();
  values[@"subtitle"] = presence.subtitle();
  values[@"cancel"] = presence.cancel();
  return values;
}

static NSDictionary *dictionary(JS::NativeAppwriteSession::NativeGateway gateway)
{
  NSMutableDictionary *values = [NSMutableDictionary dictionary];
  values[@"url"] = gateway.url();
  values[@"carrier"] = gateway.carrier();
  return values;
}

static NSDictionary *dictionary(JS::NativeAppwriteSession::NativeHeader header)
{
  NSMutableDictionary *values = [NSMutableDictionary dictionary];
  values[@"name"] = header.name();
  values[@"value"] = header.value();
  return values;
}

static NSDictionary *dictionary(JS::NativeAppwriteSession::NativeFile file)
{
  NSMutableDictionary *values = [NSMutableDictionary dictionary];
  values[@"uri"] = file.uri();
  values[@"name"] = file.name();
  values[@"type"] = file.type();
  return values;
}

template <typename Struct>
static NSDictionary *dictionaryOrNil(std::optional<Struct> value)
{
  return value ? dictionary(*value) : nil;
}

static NSDictionary *dictionary(JS::NativeAppwriteSession::NativeField field)
{
  NSMutableDictionary *values = [NSMutableDictionary dictionary];
  values[@"name"] = field.name();
  values[@"body"] = field.body();
  values[@"bodyIsBase64"] = @(field.bodyIsBase64());
  values[@"fileName"] = field.fileName();
  values[@"contentType"] = field.contentType();
  values[@"file"] = dictionaryOrNil(field.file());
  return values;
}

template <typename Struct>
static NSArray *dictionaries(LazyVector<Struct> structs)
{
  NSMutableArray *all = [NSMutableArray array];
  for (auto each : structs) {
    [all addObject:dictionary(each)];
  }
  return all;
}

template <typename Struct>
static NSArray *dictionariesOrNil(std::optional<LazyVector<Struct>> structs)
{
  return structs ? dictionaries(*structs) : nil;
}

static NSArray *texts(LazyVector<NSString *> texts)
{
  NSMutableArray *all = [NSMutableArray array];
  for (NSString *each : texts) {
    if (each != nil) {
      [all addObject:each];
    }
  }
  return all;
}

static NSNumber *number(std::optional<double> number)
{
  return number ? @(*number) : nil;
}

static NSDictionary *dictionary(JS::NativeAppwriteSession::NativeConfig &config)
{
  auto presence = config.presence();
  NSMutableDictionary *values = [NSMutableDictionary dictionary];
  values[@"endpoint"] = config.endpoint();
  values[@"project"] = config.project();
  values[@"gateways"] = dictionaries(config.gateways());
  values[@"accountSlot"] = config.accountSlot();
  values[@"persistence"] = config.persistence();
  values[@"readOnly"] = @(config.readOnly());
  values[@"keychainAccessGroup"] = config.keychainAccessGroup();
  values[@"forgetAfterReinstall"] = @(config.forgetAfterReinstall());
  values[@"presence"] = presence ? dictionary(*presence) : nil;
  values[@"connectTimeoutMs"] = number(config.connectTimeoutMs());
  values[@"idleTimeoutMs"] = number(config.idleTimeoutMs());
  values[@"totalTimeoutMs"] = number(config.totalTimeoutMs());
  values[@"attempts"] = number(config.attempts());
  values[@"responseLimit"] = number(config.responseLimit());
  values[@"rootCertificates"] = texts(config.rootCertificates());
  return values;
}

static NSDictionary *dictionary(JS::NativeAppwriteSession::NativeRequest &request)
{
  NSMutableDictionary *values = [NSMutableDictionary dictionary];
  values[@"method"] = request.method();
  values[@"target"] = request.target();
  values[@"headers"] = dictionaries(request.headers());
  values[@"body"] = request.body();
  values[@"bodyIsBase64"] = @(request.bodyIsBase64());
  values[@"file"] = dictionaryOrNil(request.file());
  values[@"form"] = dictionariesOrNil(request.form());
  values[@"timeoutMs"] = number(request.timeoutMs());
  values[@"idempotent"] = @(request.idempotent());
  values[@"responseLimit"] = number(request.responseLimit());
  values[@"observed"] = @(request.observed());
  return values;
}

@interface AppwriteSession () <RCTInvalidating>
@end

@implementation AppwriteSession {
  AppwriteSessionShim *_shim;
  dispatch_queue_t _queue;
}

+ (NSString *)moduleName
{
  return @"AppwriteSession";
}

+ (BOOL)requiresMainQueueSetup
{
  return NO;
}

- (instancetype)init
{
  if (self = [super init]) {
    // The queue is serial, so that a cancellation is handled after its call.
    _queue = dispatch_queue_create("dev.appwritesession.reactnative", DISPATCH_QUEUE_SERIAL);
    __weak AppwriteSession *weakSelf = self;
    _shim = [[AppwriteSessionShim alloc]
        initWithOnChange:^(NSDictionary<NSString *, id> *change) {
          [weakSelf emitOnChange:change];
        }
        onAccountsState:^(NSDictionary<NSString *, id> *state) {
          [weakSelf emitOnAccountsState:state];
        }
        onTransfer:^(NSDictionary<NSString *, id> *transfer) {
          [weakSelf emitOnTransfer:transfer];
        }];
  }
  return self;
}

- (dispatch_queue_t)methodQueue
{
  return _queue;
}

- (std::shared_ptr<TurboModule>)getTurboModule:(const ObjCTurboModule::InitParams &)params
{
  return std::make_shared<NativeAppwriteSessionSpecJSI>(params);
}

- (void)invalidate
{
  [_shim invalidate];
}

- (NSDictionary *)createClient:(JS::NativeAppwriteSession::NativeConfig &)config
{
  return [_shim createClient:dictionary(config)];
}

- (NSDictionary *)change:(NSInteger)client
{
  return [_shim change:client];
}

- (void)close:(NSInteger)client resolve:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject
{
  [_shim close:client resolve:resolve reject:reject];
}

- (NSDictionary *)createAccounts:(JS::NativeAppwriteSession::NativeConfig &)config
{
  return [_shim createAccounts:dictionary(config)];
}

- (NSString *)accountsState:(NSInteger)accounts
{
  return [_shim accountsState:accounts];
}

- (void)callAccounts:(NSInteger)accounts
           operation:(NSString *)operation
       argumentsJson:(NSString *)argumentsJson
             resolve:(RCTPromiseResolveBlock)resolve
              reject:(RCTPromiseRejectBlock)reject
{
  [_shim callAccounts:accounts operation:operation argumentsJson:argumentsJson resolve:resolve reject:reject];
}

- (void)openAccount:(NSInteger)accounts
                 id:(NSString *)id
            resolve:(RCTPromiseResolveBlock)resolve
             reject:(RCTPromiseRejectBlock)reject
{
  [_shim openAccount:accounts id:id resolve:resolve reject:reject];
}

- (void)closeAccounts:(NSInteger)accounts
              resolve:(RCTPromiseResolveBlock)resolve
               reject:(RCTPromiseRejectBlock)reject
{
  [_shim closeAccounts:accounts resolve:resolve reject:reject];
}

- (void)restored:(NSInteger)client resolve:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject
{
  [_shim restored:client resolve:resolve reject:reject];
}

- (void)resume:(NSInteger)client resolve:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject
{
  [_shim resume:client resolve:resolve reject:reject];
}

- (void)pause:(NSInteger)client
{
  [_shim pause:client];
}

- (void)signUpWithEmail:(NSInteger)client
                  email:(NSString *)email
               password:(NSString *)password
                   name:(NSString *_Nullable)name
                resolve:(RCTPromiseResolveBlock)resolve
                 reject:(RCTPromiseRejectBlock)reject
{
  [_shim signUpWithEmail:client email:email password:password name:name resolve:resolve reject:reject];
}

- (void)signInWithEmail:(NSInteger)client
                  email:(NSString *)email
               password:(NSString *)password
                resolve:(RCTPromiseResolveBlock)resolve
                 reject:(RCTPromiseRejectBlock)reject
{
  [_shim signInWithEmail:client email:email password:password resolve:resolve reject:reject];
}

- (void)signInAnonymously:(NSInteger)client resolve:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject
{
  [_shim signInAnonymously:client resolve:resolve reject:reject];
}

- (void)signInWithToken:(NSInteger)client
                 userId:(NSString *)userId
                 secret:(NSString *)secret
                resolve:(RCTPromiseResolveBlock)resolve
                 reject:(RCTPromiseRejectBlock)reject
{
  [_shim signInWithToken:client userId:userId secret:secret resolve:resolve reject:reject];
}

- (void)createMfaChallenge:(NSInteger)client
                    factor:(NSString *)factor
                   resolve:(RCTPromiseResolveBlock)resolve
                    reject:(RCTPromiseRejectBlock)reject
{
  [_shim createMfaChallenge:client factor:factor resolve:resolve reject:reject];
}

- (void)completeMfaChallenge:(NSInteger)client
                 challengeId:(NSString *)challengeId
                        code:(NSString *)code
                     resolve:(RCTPromiseResolveBlock)resolve
                      reject:(RCTPromiseRejectBlock)reject
{
  [_shim completeMfaChallenge:client challengeId:challengeId code:code resolve:resolve reject:reject];
}

- (void)importSession:(NSInteger)client
               legacy:(NSString *)legacy
              resolve:(RCTPromiseResolveBlock)resolve
               reject:(RCTPromiseRejectBlock)reject
{
  [_shim importSession:client legacy:legacy resolve:resolve reject:reject];
}

- (void)signOut:(NSInteger)client resolve:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject
{
  [_shim signOut:client resolve:resolve reject:reject];
}

- (void)signOutEverywhere:(NSInteger)client resolve:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject
{
  [_shim signOutEverywhere:client resolve:resolve reject:reject];
}

- (void)account:(NSInteger)client resolve:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject
{
  [_shim account:client resolve:resolve reject:reject];
}

- (void)sessions:(NSInteger)client resolve:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject
{
  [_shim sessions:client resolve:resolve reject:reject];
}

- (void)currentSession:(NSInteger)client resolve:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject
{
  [_shim currentSession:client resolve:resolve reject:reject];
}

- (void)extendSession:(NSInteger)client resolve:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject
{
  [_shim extendSession:client resolve:resolve reject:reject];
}

- (void)revokeSession:(NSInteger)client
                   id:(NSString *)id
              resolve:(RCTPromiseResolveBlock)resolve
               reject:(RCTPromiseRejectBlock)reject
{
  [_shim revokeSession:client id:id resolve:resolve reject:reject];
}

- (void)call:(NSInteger)client
        operation:(NSString *)operation
    argumentsJson:(NSString *)argumentsJson
          resolve:(RCTPromiseResolveBlock)resolve
           reject:(RCTPromiseRejectBlock)reject
{
  [_shim call:client operation:operation argumentsJson:argumentsJson resolve:resolve reject:reject];
}

- (void)showScreen:(NSString *)screen
             input:(NSString *)input
           resolve:(RCTPromiseResolveBlock)resolve
            reject:(RCTPromiseRejectBlock)reject
{
  [_shim showScreen:screen input:input resolve:resolve reject:reject];
}

- (void)takeCallback:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject
{
  [_shim takeCallback:resolve reject:reject];
}

- (void)send:(NSInteger)client
        call:(NSInteger)call
     request:(JS::NativeAppwriteSession::NativeRequest &)request
     resolve:(RCTPromiseResolveBlock)resolve
      reject:(RCTPromiseRejectBlock)reject
{
  [_shim send:client call:call request:dictionary(request) resolve:resolve reject:reject];
}

- (void)cancel:(NSInteger)client call:(NSInteger)call
{
  [_shim cancel:client call:call];
}

- (void)authorize:(NSInteger)client
           target:(NSString *)target
          resolve:(RCTPromiseResolveBlock)resolve
           reject:(RCTPromiseRejectBlock)reject
{
  [_shim authorize:client target:target resolve:resolve reject:reject];
}

- (void)reportUnauthorized:(NSInteger)client
             authorization:(NSInteger)authorization
                   resolve:(RCTPromiseResolveBlock)resolve
                    reject:(RCTPromiseRejectBlock)reject
{
  [_shim reportUnauthorized:client authorization:authorization resolve:resolve reject:reject];
}

- (NSNumber *)allowsRepetition:(NSString *)verdict
                        method:(NSString *)method
                   problemType:(NSString *_Nullable)problemType
{
  return [_shim allowsRepetition:verdict method:method problemType:problemType];
}

@end
