/** Where the app's Appwrite and gateway are: what `mock-appwrite serve` says, see the README. */

/** Appwrite's endpoint. Plain http works on loopback only. */
export const endpoint = 'http://127.0.0.1:8080/v1';

/** The project's id. */
export const project = 'demo';

/** The client id of the type "Web application" at Google, which the project's Google provider at Appwrite has, too. */
export const serverClientId = '1234.apps.googleusercontent.com';

/** The app's own gateway. */
export const gateway = 'http://127.0.0.1:8081';

/** What the gateway tells who is signed in. The mock's has no orders, but says who calls. */
export const orders = '/gateway/whoami';
