export { mockAppwrite } from './jest.js';
