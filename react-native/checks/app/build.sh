# Builds the package in a copy of this one, so that nothing is taken from, or left in, the working tree.

stage=$scratch/stage
mkdir "$stage"
tar -C "$package" --exclude=./node_modules --exclude=./lib --exclude=./plugin/build --exclude=./checks --exclude=./example/node_modules \
    --exclude=./android/bindings --exclude=./android/jniLibs --exclude=./ios/bindings --exclude='./ios/*.xcframework' -cf - . |
    tar -C "$stage" -xf -
ln -s "$package/node_modules" "$stage/node_modules"

(cd "$stage" && npm run build) >"$scratch/build.log" 2>&1 || { cat "$scratch/build.log" >&2; exit 1; }
pass "the package builds"

# everything FOLDER: each file's name and checksum, but for times of a kind that no content has.
everything() { (cd "$1" && find android ios -type f -exec sha256sum {} + | LC_ALL=C sort -k 2); }
"$package/natives" --stand-ins "$stage"
everything "$stage" >"$scratch/first"
echo "left behind" >"$stage/android/bindings/kotlin/Gone.kt"
"$package/natives" --stand-ins "$stage" >/dev/null
everything "$stage" | cmp - "$scratch/first"
pass "the bindings are in their places, and the same the second time"

# In a copy of the repository where nothing was built, it says what to run, and touches nothing.
mkdir -p "$scratch/clone/react-native/android"
cp "$package/natives" "$scratch/clone/react-native/"
for command in bindings/kotlin/build bindings/swift/generate bindings/kotlin/jni-libs bindings/swift/xcframework; do
    fails "run $command" "$scratch/clone/react-native/natives"
done
[[ ! $(ls -A "$scratch/clone/react-native/android") ]]
pass "nothing is touched where something is missing"
