# The config plugin and the checks themselves: types, lints, format, and the plugin's tests.

cd "$package"
npx tsc -p plugin
npx eslint -c "$here/eslint.config.mjs" --max-warnings 0 plugin/src
npx prettier --check --ignore-path /dev/null app.plugin.js 'plugin/*.{js,json}' plugin/src checks/{app,runners} \
    'example/*.{js,ts,tsx}' example/{app,package,tsconfig}.json example/{screens,__tests__}
pass "the plugin, the example and these checks are formatted, and the plugin has no lint"
npx jest -c plugin/jest.config.js
pass "the plugin's tests pass"
