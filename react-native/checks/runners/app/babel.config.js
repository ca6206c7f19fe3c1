// Expo has a preset of its own.
const { dependencies } = require('./package.json');

module.exports = {
  presets: [dependencies.expo ? 'babel-preset-expo' : 'module:@react-native/babel-preset'],
};
