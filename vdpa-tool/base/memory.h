/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDPA_TOOL_MEMORY_H
#define VDPA_TOOL_MEMORY_H

/* There is no memory left: says so and ends the program, with exit status 1. */
_Noreturn void error_no_memory(void);

/* A copy of @text, which may be NULL, to be freed; ends the program without memory. */
char *copy_text(const char *text);

#endif
