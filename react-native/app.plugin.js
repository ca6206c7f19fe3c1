// What Expo looks for: the config plugin, as `plugin/src` is compiled.
module.exports = require('./plugin/build');
