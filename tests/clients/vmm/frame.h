/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ethernet frames that say which number they are. */
#ifndef VMM_FRAME_H
#define VMM_FRAME_H

#include <linux/virtio_net.h>

#include "vmm.h"

#define FRAME_MIN	22U
#define FRAME_MAX	9018U

/* As the device takes and gives it; @next_free for a list of those that it does not have. */
struct frame {
	struct virtio_net_hdr_v1 hdr;
	uint8_t dst[6];
	uint8_t src[6];
	uint8_t type[2];
	uint64_t number;
	uint8_t data[FRAME_MAX - FRAME_MIN];
	struct frame *next_free;
} __attribute__((packed));

void frame_fill(struct frame *frame, const uint8_t *dst, const uint8_t *src, uint64_t number,
		size_t size);
bool frame_is_numbered(const struct frame *frame);
bool frame_is_right(const struct frame *frame, uint32_t len, size_t size);

#endif
