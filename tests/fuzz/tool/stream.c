// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the bytes that come from a netlink socket, whatever they are: the input is a command line (input.h) and
 * what is received at once, each with its length before it, 16 bits, little-endian. A message whose sequence number
 * is all ones gets that of the request: nobody could guess it.
 */
#include <errno.h>
#include <string.h>

#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct stream {
	const char *at;
	size_t left;
};

static void answer(char *buf, size_t len, uint32_t seq)
{
	size_t at = 0;

	while (len - at >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr *nlh = (void *)(buf + at);
		size_t size = MNL_ALIGN((size_t)nlh->nlmsg_len);

		if (nlh->nlmsg_seq == UINT32_MAX)
			nlh->nlmsg_seq = seq;
		if (size < sizeof(*nlh) || size > len - at)
			break;
		at += size;
	}
}

static ssize_t receive(void *data, const struct nlmsghdr *request, char *buf, size_t size)
{
	struct stream *stream = data;
	size_t len;

	if (stream->left < 2)
		return -ENOTCONN;
	len = (uint8_t)stream->at[0] | (uint8_t)stream->at[1] << 8;
	stream->at += 2;
	stream->left -= 2;
	if (len > stream->left)
		len = stream->left;
	if (len > size)
		len = size;
	memcpy(buf, stream->at, len);
	stream->at += len;
	stream->left -= len;
	answer(buf, len, request->nlmsg_seq);
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct stream stream;
	struct world world = { .receive = receive, .data = &stream };
	struct input input;

	input_begin(&input, bytes, len);
	stream = (struct stream){ input.rest, input.len };
	input_run(&input, &world);
	input_end(&input);
	return 0;
}
