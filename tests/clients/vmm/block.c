// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests of a block device, and blocks that say which number they were written with. */
#include <string.h>

#include "block.h"

void block_fill(uint8_t *data, uint64_t number)
{
	uint64_t word;
	size_t i;

	for (i = 0; i < BLOCK; i += sizeof(word)) {
		word = number * 0x9e3779b97f4a7c15ULL + i;
		memcpy(data + i, &word, sizeof(word));
	}
}

bool block_is_filled(const uint8_t *data, uint64_t number)
{
	uint8_t expected[BLOCK];

	block_fill(expected, number);
	return !memcmp(data, expected, BLOCK);
}

/* Returns false where the ring has no room for it. The device learns of it by vmm_kick(). */
bool block_submit(struct vmm *vmm, struct vmm_vq *vq, struct block_request *request, uint32_t type,
		  uint64_t block)
{
	bool write = type == VIRTIO_BLK_T_OUT;
	struct vmm_buf bufs[] = {
		{ &request->hdr, sizeof(request->hdr) },
		{ request->data, BLOCK },
		{ &request->status, 1 },
	};

	request->hdr = (struct virtio_blk_outhdr) {
		.type = type,
		.sector = block * BLOCK_SECTORS,
	};
	request->status = 0xff;
	request->block = block;
	if (!vmm_add(vmm, vq, bufs, write ? 2 : 1, write ? 1 : 2, request))
		return false;
	request->in_flight = true;
	return true;
}
