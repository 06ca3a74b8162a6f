/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings that others chose, made safe to print. */
#ifndef VDPA_TOOL_TEXT_H
#define VDPA_TOOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Copies @len bytes as valid UTF-8: a byte that belongs to no character, and
 * a NUL, becomes the four characters \xNN. The caller frees the copy.
 */
char *text_utf8(const char *bytes, size_t len);

/* Whether text_utf8() and text_print() would leave @text as it is. */
bool text_plain(const char *text);

/* Prints valid UTF-8, control characters as \xNN. */
void text_print(FILE *file, const char *utf8);

#endif
