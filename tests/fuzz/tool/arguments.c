// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the command line: an argument a line. There is no file and no kernel that answers, but where the
 * first line is "family": then it lists its commands, and answers nothing else.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct world world = { .hostile_family = true };
	char *words[WORLD_ARGUMENTS], *text = strndup((const char *)bytes, len);
	int count = world_words(text, '\n', words), first = 0;

	if (count && strcmp(words[0], "family") == 0) {
		world.hostile_family = false;
		first++;
	}
	world_run(&world, count - first, words + first);
	free(text);
	return 0;
}
