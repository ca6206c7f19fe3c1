'use strict';

const { after, before, beforeEach } = require('node:test');

const { mockAppwriteWith } = require('./hooks.js');

exports.mockAppwrite = (options) => mockAppwriteWith({ beforeAll: before, beforeEach, afterAll: after }, options);
