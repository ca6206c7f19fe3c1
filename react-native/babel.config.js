// How the sources are compiled for tests: by the preset that apps on React Native use.
module.exports = {
  presets: ['module:@react-native/babel-preset'],
};
