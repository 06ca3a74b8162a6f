/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of strings that grows. */
#ifndef VDPA_TOOL_TEXTS_H
#define VDPA_TOOL_TEXTS_H

#include <stddef.h>

struct texts {
	char **list;
	size_t count;
};

/* Both take a copy of @text, and end the program without memory. */
void texts_append(struct texts *texts, const char *text);

/* Puts it where it belongs by versions: 6.9 before 6.12. */
void texts_insert(struct texts *texts, const char *text);

void texts_free(struct texts *texts);

#endif
