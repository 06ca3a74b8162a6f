/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests of a block device, and blocks that say which number they were written with. */
#ifndef VMM_BLOCK_H
#define VMM_BLOCK_H

#include <linux/virtio_blk.h>

#include "vmm.h"

#define BLOCK		4096U
#define BLOCK_SECTORS	(BLOCK / 512)

/**
 * struct block_request - one block's way to the device or from it, in memory that the device sees
 * @hdr: what is wanted
 * @data: the block
 * @status: what became of it
 * @in_flight: the device has it
 * @block: where on the disk, in blocks
 * @number: what @data was filled with
 * @next_free: for a list of those that are not in flight
 */
struct block_request {
	struct virtio_blk_outhdr hdr;
	uint8_t data[BLOCK];
	uint8_t status;
	bool in_flight;
	uint64_t block;
	uint64_t number;
	struct block_request *next_free;
};

void block_fill(uint8_t *data, uint64_t number);
bool block_is_filled(const uint8_t *data, uint64_t number);
bool block_submit(struct vmm *vmm, struct vmm_vq *vq, struct block_request *request, uint32_t type,
		  uint64_t block);

#endif
