/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The code of instrumented modules that this thread's own system calls reach (KCOV): not what workers do for it. */
#ifndef WIRE_KCOV_H
#define WIRE_KCOV_H

#include <stdbool.h>
#include <stddef.h>

bool wire_kcov_open(void);
void wire_kcov_begin(void);
size_t wire_kcov_end(void);
size_t wire_kcov_reached(void);

#endif
