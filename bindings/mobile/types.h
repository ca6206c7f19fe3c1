/* Before every C file for a phone of 32 bits: its own integer types, since the C library's headers are of a machine with 64 bits. */
#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>
#endif
