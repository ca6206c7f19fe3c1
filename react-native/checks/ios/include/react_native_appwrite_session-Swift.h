// What Xcode makes of AppwriteSessionShim.swift, written by hand: the module is parsed with it, and the selectors and types are compared.

#import <Foundation/Foundation.h>

typedef void (^Resolve)(id _Nullable);
typedef void (^Reject)(NSString *_Nullable, NSString *_Nullable, NSError *_Nullable);

@interface AppwriteSessionShim : NSObject
- (nonnull instancetype)init __attribute__((unavailable));
- (nonnull instancetype)initWithOnChange:(void (^_Nonnull)(NSDictionary<NSString *, id> *_Nonnull))onChange
    onAccountsState:(void (^_Nonnull)(NSDictionary<NSString *, id> *_Nonnull))onAccountsState
    onTransfer:(void (^_Nonnull)(NSDictionary<NSString *, id> *_Nonnull))onTransfer;
- (void)invalidate;
- (NSDictionary<NSString *, id> *_Nonnull)createClient:(NSDictionary<NSString *, id> *_Nonnull)config;
- (NSDictionary<NSString *, id> *_Nonnull)change:(NSInteger)client;
- (void)close:(NSInteger)client resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (NSDictionary<NSString *, id> *_Nonnull)createAccounts:(NSDictionary<NSString *, id> *_Nonnull)config;
- (NSString *_Nonnull)accountsState:(NSInteger)accounts;
- (void)callAccounts:(NSInteger)accounts
    operation:(NSString *_Nonnull)operation
    argumentsJson:(NSString *_Nonnull)argumentsJson
    resolve:(Resolve _Nonnull)resolve
    reject:(Reject _Nonnull)reject;
- (void)openAccount:(NSInteger)accounts id:(NSString *_Nonnull)id resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)closeAccounts:(NSInteger)accounts resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)restored:(NSInteger)client resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)resume:(NSInteger)client resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)pause:(NSInteger)client;
- (void)signUpWithEmail:(NSInteger)client
    email:(NSString *_Nonnull)email
    password:(NSString *_Nonnull)password
    name:(NSString *_Nullable)name
    resolve:(Resolve _Nonnull)resolve
    reject:(Reject _Nonnull)reject;
- (void)signInWithEmail:(NSInteger)client
    email:(NSString *_Nonnull)email
    password:(NSString *_Nonnull)password
    resolve:(Resolve _Nonnull)resolve
    reject:(Reject _Nonnull)reject;
- (void)signInAnonymously:(NSInteger)client resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)signInWithToken:(NSInteger)client
    userId:(NSString *_Nonnull)userId
    secret:(NSString *_Nonnull)secret
    resolve:(Resolve _Nonnull)resolve
    reject:(Reject _Nonnull)reject;
- (void)createMfaChallenge:(NSInteger)client
    factor:(NSString *_Nonnull)factor
    resolve:(Resolve _Nonnull)resolve
    reject:(Reject _Nonnull)reject;
- (void)completeMfaChallenge:(NSInteger)client
    challengeId:(NSString *_Nonnull)challengeId
    code:(NSString *_Nonnull)code
    resolve:(Resolve _Nonnull)resolve
    reject:(Reject _Nonnull)reject;
- (void)importSession:(NSInteger)client legacy:(NSString *_Nonnull)legacy resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)signOut:(NSInteger)client resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)signOutEverywhere:(NSInteger)client resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)account:(NSInteger)client resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)sessions:(NSInteger)client resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)currentSession:(NSInteger)client resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)extendSession:(NSInteger)client resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)revokeSession:(NSInteger)client id:(NSString *_Nonnull)id resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)call:(NSInteger)client
    operation:(NSString *_Nonnull)operation
    argumentsJson:(NSString *_Nonnull)argumentsJson
    resolve:(Resolve _Nonnull)resolve
    reject:(Reject _Nonnull)reject;
- (void)showScreen:(NSString *_Nonnull)screen input:(NSString *_Nonnull)input resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)takeCallback:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)send:(NSInteger)client
    call:(NSInteger)call
    request:(NSDictionary<NSString *, id> *_Nonnull)request
    resolve:(Resolve _Nonnull)resolve
    reject:(Reject _Nonnull)reject;
- (void)cancel:(NSInteger)client call:(NSInteger)call;
- (void)authorize:(NSInteger)client target:(NSString *_Nonnull)target resolve:(Resolve _Nonnull)resolve reject:(Reject _Nonnull)reject;
- (void)reportUnauthorized:(NSInteger)client
    authorization:(NSInteger)authorization
    resolve:(Resolve _Nonnull)resolve
    reject:(Reject _Nonnull)reject;
- (NSNumber *_Nonnull)allowsRepetition:(NSString *_Nonnull)verdict
    method:(NSString *_Nonnull)method
    problemType:(NSString *_Nullable)problemType;
@end
