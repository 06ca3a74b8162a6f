// SPDX-License-Identifier: GPL-2.0-or-later
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/options.h"

void error_no_memory(void)
{
	fputs(options.json ? "{\"error\":{\"errno\":\"ENOMEM\",\"message\":\"out of memory\"}}\n" :
			     "vdpa: out of memory\n", stderr);
	exit(1);
}

char *copy_text(const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		error_no_memory();
	return copy;
}
