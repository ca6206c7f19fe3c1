# Builds the package in a copy, and puts the bindings there.

stage=$scratch/stage
"$here/../stage" "$stage"
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
