# Packs it, with all kinds of things lying about that must not get in, and compares what is in it with the list.

litter=(
    .DS_Store ios/.DS_Store src/.DS_Store android/.gradle/x android/build/x.class android/local.properties android/gradlew ios/build/x.o
    src/__tests__/x.test.ts fake/x.rs src/__fixtures__/x.json plugin/build/__tests__/x.js plugin/src/x.ts conformance/x.ts
    checks/x/check example/App.tsx example/node_modules/x/index.js jest/x.js coverage/lcov.info react-native-appwrite-session-0.0.0.tgz .npmrc .env
)
for path in "${litter[@]}"; do
    mkdir -p "$stage/$(dirname "$path")"
    [[ -e $stage/$path ]] || echo "# litter" >"$stage/$path"
done

(cd "$stage" && npm pack --ignore-scripts --json --pack-destination "$scratch") >"$scratch/pack.json"
tarball=$(echo "$scratch"/react-native-appwrite-session-*.tgz)
node "$here/tarball.mjs" "$scratch/pack.json"
pass "the tarball has what the list says, and nothing else"

for path in "${litter[@]}" android/jniLibs/mips/libappwrite_session.so lib/module/gone.js; do
    fails "the package should not have $path" node "$here/tarball.mjs" "$scratch/pack.json" --plus "$path"
done
for path in LICENSE fake/module.wasm src/NativeAppwriteSession.ts lib/module/client.js android/jniLibs/x86/libappwrite_session.so plugin/build/index.js; do
    fails "the package lacks $path" node "$here/tarball.mjs" "$scratch/pack.json" --minus "$path"
done
# Nothing of the machine that packed it.
mkdir "$scratch/unpacked"
tar -C "$scratch/unpacked" -xzf "$tarball"
if grep -rlF -e "$package" -e "$scratch" -e "$HOME/" "$scratch/unpacked"; then
    echo "not ok: these tell paths of the machine that packed them" >&2
    exit 1
fi
pass "no file tells a path of this machine"
