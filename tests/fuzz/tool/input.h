/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inputs that are about the kernel. Their first line is the command line, words between single blanks;
 * "family" before it says that the kernel also makes up its family.
 */
#ifndef TESTS_FUZZ_TOOL_INPUT_H
#define TESTS_FUZZ_TOOL_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "reply.h"
#include "world.h"

/* A copy of an input, taken apart. */
struct input {
	char *line;	/* the command line */
	char *rest;	/* what comes after it, and a NUL */
	size_t len;	/* of the rest */
};

void input_begin(struct input *input, const uint8_t *bytes, size_t len);
void input_end(struct input *input);

/* Runs the command line of @input in @world, which gets a description and a saved state to read. */
void input_run(const struct input *input, struct world *world);

/*
 * The rest as items, a line each: those of reply.h, and
 *	recv		ends what is received at once
 *	fail:ERRNO	receiving fails
 *	driver:TEXT	where the driver link of each device leads
 *	entry:TEXT	what each directory of sysfs holds
 * Others are passed over.
 */
struct items {
	char *next;	/* NULL: none is left */
};

/* Makes the next reply from items. Returns false where none is left; @error: the errno of a failure, 0: there was none */
bool items_reply(struct items *items, struct reply *reply, const struct nlmsghdr *request, int *error);

/* Takes those about sysfs. */
void items_sysfs(char *rest, struct world *world);

#endif
