//! The border to JavaScript: what WebAssembly imports and exports. Text crosses as UTF-8 in two places of the memory, one in each direction.

#![allow(unsafe_code, reason = "names without mangling, and functions of JavaScript, are unsafe to Rust")]

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::{Module, Outside};

#[link(wasm_import_module = "fake")]
// SAFETY: these are the functions that `react-native/src/fake/instance.ts` gives, with these types. None of them calls back.
unsafe extern "C" {
    safe fn wake();
    safe fn start_timer(timer: u32, millis: u32);
    safe fn stop_timer(timer: u32);
    safe fn panicked(text: *const u8, length: usize);
}

#[derive(Debug)]
struct JavaScript;

impl Outside for JavaScript {
    fn wake(&self) {
        wake();
    }

    fn start_timer(&self, timer: u32, millis: u32) {
        start_timer(timer, millis);
    }

    fn stop_timer(&self, timer: u32) {
        stop_timer(timer);
    }
}

static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static OUTPUT: Mutex<String> = Mutex::new(String::new());

fn module() -> &'static Module {
    static MODULE: OnceLock<Module> = OnceLock::new();
    MODULE.get_or_init(|| {
        std::panic::set_hook(Box::new(|panic| {
            let text = panic.to_string();
            panicked(text.as_ptr(), text.len());
        }));
        Module::new(Arc::new(JavaScript))
    })
}

/// Where JavaScript writes a command of that many bytes.
// SAFETY: nothing else has this name; likewise below.
#[unsafe(no_mangle)]
extern "C" fn input(length: usize) -> *mut u8 {
    let mut input = INPUT.lock().unwrap_or_else(PoisonError::into_inner);
    input.clear();
    input.resize(length, 0);
    input.as_mut_ptr()
}

/// Obeys the command that was written, and gives where the answer is, until the next call.
#[unsafe(no_mangle)]
extern "C" fn tell() -> *const u8 {
    let input = std::mem::take(&mut *INPUT.lock().unwrap_or_else(PoisonError::into_inner));
    output(module().tell(&input))
}

/// Does what can be done, and gives where the events are, until the next call.
#[unsafe(no_mangle)]
extern "C" fn run() -> *const u8 {
    output(module().run())
}

/// How many bytes the last answer or the last events have.
#[unsafe(no_mangle)]
extern "C" fn output_length() -> usize {
    OUTPUT.lock().unwrap_or_else(PoisonError::into_inner).len()
}

/// The time of a timer has come.
#[unsafe(no_mangle)]
extern "C" fn fire(timer: u32) {
    module().fire(timer);
}

fn output(text: String) -> *const u8 {
    let mut output = OUTPUT.lock().unwrap_or_else(PoisonError::into_inner);
    *output = text;
    output.as_ptr()
}
