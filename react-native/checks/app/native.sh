# What the native builds of an app find in the installed package: autolinking, codegen, the podspec.

cp -R "$here/shell/." "$app/"
npx react-native config >"$scratch/config.json"
node "$here/linked.mjs" <"$scratch/config.json"
pass "the package is autolinked for both platforms"

# without PATH TEXT: it is not linked if the package lacks this.
without() {
    mv "$installed/$1" "$scratch/away"
    npx react-native config >"$scratch/config.json" 2>/dev/null
    fails "$2" node "$here/linked.mjs" <"$scratch/config.json"
    mv "$scratch/away" "$installed/$1"
}
podspec=$(cd "$installed" && echo ./*.podspec)
without "$podspec" "not so: iOS takes the podspec"
without android "not so: Android takes the folder"

# What `pod install` runs: the codegen finds the spec, and knows the class.
codegen_ios() {
    rm -rf "$scratch/ios"
    node node_modules/react-native/scripts/generate-codegen-artifacts.js --path . --outputPath "$scratch/ios" --targetPlatform ios --source app \
        >"$scratch/codegen.log" 2>&1
    local generated=$scratch/ios/build/generated/ios/ReactCodegen
    has "$generated/AppwriteSessionSpec/AppwriteSessionSpec.h" '@protocol NativeAppwriteSessionSpec' && has "$generated/RCTModuleProviders.mm" '@"AppwriteSession"'
}
codegen_ios
pass "iOS: an app's codegen finds the spec, and knows the class"

# What the Gradle plugin runs.
codegen_android() {
    local java=$scratch/android/java/dev/appwritesession/reactnative/NativeAppwriteSessionSpec.java
    rm -rf "$scratch/android"
    mkdir "$scratch/android"
    node node_modules/@react-native/codegen/lib/cli/combine/combine-js-to-schema-cli.js --platform android "$scratch/schema.json" "$installed/src"
    node node_modules/react-native/scripts/generate-specs-cli.js --platform android --schemaPath "$scratch/schema.json" \
        --outputDir "$scratch/android" --libraryName AppwriteSessionSpec --javaPackageName dev.appwritesession.reactnative --libraryType modules
    has "$java" ' createClient(' ' change(' ' restored(' ' signInWithEmail(' ' send(' ' authorize('
}
codegen_android
pass "Android: the codegen finds the spec"

mv "$installed/src/NativeAppwriteSession.ts" "$scratch/away"
fails "AppwriteSessionSpec.h does not have" codegen_ios
fails "NativeAppwriteSessionSpec.java does not have" codegen_android
mv "$scratch/away" "$installed/src/NativeAppwriteSession.ts"

ruby -c "$installed/$podspec" >/dev/null
ruby "$here/podspec.rb" "$installed"
ruby "$here/podspec.rb" "$installed" screens
pass "the podspec says what the package's files need, with the screens and without"
sed -i.before "s/ if screens$//" "$installed/$podspec"
fails "taken without being asked for: ios/" ruby "$here/podspec.rb" "$installed"
mv "$installed/$podspec.before" "$installed/$podspec"
mv "$installed/ios/bindings" "$scratch/away"
fails "nothing is like" ruby "$here/podspec.rb" "$installed"
mv "$scratch/away" "$installed/ios/bindings"
mkdir "$installed/ios/Planted"
echo 'import Foundation' >"$installed/ios/Planted/Planted.swift"
fails "not among the sources: ios/Planted/Planted.swift" ruby "$here/podspec.rb" "$installed"
rm -r "$installed/ios/Planted"
