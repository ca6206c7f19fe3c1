// The tests of the config plugin, which runs in Node and not in an app.
module.exports = {
  rootDir: '..',
  roots: ['<rootDir>/plugin/src'],
  testEnvironment: 'node',
};
