/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as people type them. */
#ifndef VDPA_TOOL_NUMBER_H
#define VDPA_TOOL_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Whether @text begins with 0x. */
bool number_is_hexadecimal(const char *text);

/* Takes digits of @base, 10 or 16, to the end of @text: no sign, no blank, no more than @max. */
bool number_digits(const char *text, int base, uint64_t max, uint64_t *value);

/* The same, decimal or with 0x, from @min to @max. */
bool args_number(const char *text, uint64_t min, uint64_t max, uint64_t *value);

#endif
