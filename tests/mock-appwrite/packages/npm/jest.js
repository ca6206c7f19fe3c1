'use strict';

const { mockAppwriteWith } = require('./hooks.js');

exports.mockAppwrite = (options) => mockAppwriteWith(require('@jest/globals'), options);
