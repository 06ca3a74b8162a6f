// SPDX-License-Identifier: GPL-2.0-or-later
/* Ethernet frames that say which number they are. */
#include <string.h>

#include "frame.h"

#define ETHERTYPE	0x88b5	/* for experiments */

static uint8_t data_byte(uint64_t number, size_t i)
{
	return number * 31 + i;
}

/* @size: bytes of the frame, without the device's header */
void frame_fill(struct frame *frame, const uint8_t *dst, const uint8_t *src, uint64_t number,
		size_t size)
{
	size_t i;

	memset(&frame->hdr, 0, sizeof(frame->hdr));
	memcpy(frame->dst, dst, sizeof(frame->dst));
	memcpy(frame->src, src, sizeof(frame->src));
	frame->type[0] = ETHERTYPE >> 8;
	frame->type[1] = ETHERTYPE & 0xff;
	frame->number = number;
	for (i = 0; i < size - FRAME_MIN; i++)
		frame->data[i] = data_byte(number, i);
}

bool frame_is_numbered(const struct frame *frame)
{
	return frame->type[0] == ETHERTYPE >> 8 && frame->type[1] == (ETHERTYPE & 0xff);
}

/* Whether it is what its number says. @len: bytes that the device has written. */
bool frame_is_right(const struct frame *frame, uint32_t len, size_t size)
{
	size_t i;

	if (len != sizeof(frame->hdr) + size || frame->hdr.num_buffers != 1)
		return false;
	for (i = 0; i < size - FRAME_MIN; i++)
		if (frame->data[i] != data_byte(frame->number, i))
			return false;
	return true;
}
