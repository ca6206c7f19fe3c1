// The agent of Swift: does with SessionClient what the conductor of tests/scenarios says, and tells what came back.

import AppwriteSession
import Foundation

#if canImport(AppwriteSessionTestingBindings)
  let commands = Commands(HeldWorld())
#else
  let commands = Commands(Machine())
#endif
let running = Running()

while let line = readLine() {
  guard let command = Command(line: line) else { continue }
  if command.name == "cancel" {
    running.cancel(command.int("command") ?? 0)
    Answers.send(command.id, "ok", NSNull())
    continue
  }
  let started = running.reserve(command.id)
  // Detached, for this thread reads and does nothing else.
  let task = Task.detached {
    await started.wait()
    await commands.answer(command)
  }
  running.note(command.id, task)
  started.open()
}
exit(0)
