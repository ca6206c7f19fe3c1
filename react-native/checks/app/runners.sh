# The same tests of an app, with other test runners and other React Natives.

"$here/../runners/check" --tarball "$tarball"
pass "an app's tests pass with the other test runners and presets"
