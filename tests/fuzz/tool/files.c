// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the files that the command reads. The input's first line is a command line, then come the contents of
 * the files "a" and "b", which a line "%" separates; "-", standard input, is "a" too. The kernel acknowledges
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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const char separator[] = "\n%\n";
	struct world world = { .receive = acknowledge };
	char *words[WORLD_ARGUMENTS];
	struct input input;
	const char *b, *end;
	size_t a_len;

	input_begin(&input, bytes, len);
	end = input.rest + input.len;
	b = memmem(input.rest, input.len, separator, strlen(separator));
	a_len = (b ? b : end) - input.rest;
	b = b ? b + strlen(separator) : end;
	world.files[0] = (struct world_file){ "a", input.rest, a_len };
	world.files[1] = (struct world_file){ "-", input.rest, a_len };
	world.files[2] = (struct world_file){ "b", b, end - b };
	world_run(&world, world_words(input.line, ' ', words), words);
	input_end(&input);
	return 0;
}
