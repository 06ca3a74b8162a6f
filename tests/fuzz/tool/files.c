// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the files that the command reads. The input's first line is a command line, then come the contents of
 * the files "a", "b" and "c", which a line "%" separates; "-", standard input, is "a" too. The kernel acknowledges
 * whatever it is asked, so that what was read is also sent.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static ssize_t acknowledge(void *data, const struct nlmsghdr *request, char *buf, size_t size)
{
	struct nlmsghdr *ack;
	struct nlmsgerr *err;

	(void)data;
	(void)size;
	if (!request->nlmsg_seq)
		return -ENOTCONN;
	ack = mnl_nlmsg_put_header(buf);
	ack->nlmsg_type = NLMSG_ERROR;
	ack->nlmsg_flags = NLM_F_CAPPED;
	ack->nlmsg_seq = request->nlmsg_seq;
	err = mnl_nlmsg_put_extra_header(ack, sizeof(*err));
	err->msg = *request;
	return ack->nlmsg_len;
}

/* Takes what is in front of the separator, or all there is. Returns its length. */
static size_t take_part(const char **at, const char *end, const char **part)
{
	static const char separator[] = "\n%\n";
	const char *next = memmem(*at, end - *at, separator, strlen(separator));

	*part = *at;
	*at = next ? next + strlen(separator) : end;
	return (next ? next : end) - *part;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const char *const names[] = { "a", "b", "c" };
	struct world world = { .receive = acknowledge };
	char *words[WORLD_ARGUMENTS];
	struct input input;
	const char *at, *part;

	input_begin(&input, bytes, len);
	at = input.rest;
	for (int i = 0; i < 3; i++) {
		size_t part_len = take_part(&at, input.rest + input.len, &part);

		world.files[i] = (struct world_file){ names[i], part, part_len };
	}
	world.files[3] = (struct world_file){ "-", world.files[0].bytes, world.files[0].len };
	world_run(&world, world_words(input.line, ' ', words), words);
	input_end(&input);
	return 0;
}
