# Installs the tarball into the example, as its README says, and checks what an app's developer sees of it.

app=$scratch/app
mkdir "$app"
tar -C "$package/example" --exclude=./node_modules -cf - . | tar -C "$app" -xf -
cp "$tarball" "$app/react-native-appwrite-session.tgz"
cd "$app"
npm ci >"$scratch/npm.log" 2>&1 || { cat "$scratch/npm.log" >&2; exit 1; }
npm install ./react-native-appwrite-session.tgz >"$scratch/npm.log" 2>&1 || { cat "$scratch/npm.log" >&2; exit 1; }
if grep -i 'warn' "$scratch/npm.log"; then exit 1; fi
installed=$app/node_modules/react-native-appwrite-session
pass "npm installs it, without a warning"

# What the test runners' checks run elsewhere runs here as well.
cp "$here"/../runners/app/*.ts .
npx tsc --noEmit
NODE_PATH=$package/node_modules node "$package/node_modules/eslint/bin/eslint.js" -c "$here/eslint.config.mjs" --max-warnings 0 .
pass "the example type-checks, and has no lint"

cp -R "$here/types" .
npx tsc -p types/bundler.json
pass "its types are found as bundlers do it"
npx tsc -p types/node16.json
pass "its types are found as Node does it, and are sound in themselves"
node "$here/readme.mjs" "$package/README.md" readme
cp "$here/types/readme.d.ts" readme/
npx tsc -p types/readme.json
pass "the README's examples compile"
echo 'export const wrong: number = session.state.kind;' >readme/planted.tsx
fails "Type 'string' is not assignable to type 'number'" npx tsc -p types/readme.json
rm readme/planted.tsx

npx jest 2>&1 | tee "$scratch/jest.log"
if grep 'console\.' "$scratch/jest.log"; then exit 1; fi
has "$scratch/jest.log" "Test Suites: 3 passed, 3 total"
pass "the example's test and those of the test runners pass, with the mock of the package, and without a warning"

mkdir -p node_modules/expo
echo "module.exports = require('$package/node_modules/@expo/config-plugins');" >node_modules/expo/config-plugins.js
echo '{ "name": "expo", "version": "58.0.0" }' >node_modules/expo/package.json
NODE_PATH=$package/node_modules node "$here/expo.cjs" "$app"
pass "Expo finds the plugin by the package's name, and it does its work"
