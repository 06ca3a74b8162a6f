// SPDX-License-Identifier: GPL-2.0-or-later
/* The first blocks of a disk, to standard output or from standard input. */
#include <linux/virtio_ids.h>
#include <stdio.h>
#include <string.h>

#include "block.h"

#define WAIT_MS		60000

static void transfer(struct vmm *vmm, struct block_request *request, uint32_t type, uint64_t block)
{
	struct vmm_vq *vq = &vmm->vqs[0];
	uint32_t len;
	void *cookie;

	if (!block_submit(vmm, vq, request, type, block))
		vmm_fail("the ring is full");
	vmm_kick(vq);
	while (!vmm_get(vq, &len, &cookie))
		vmm_wait(vmm, vq, WAIT_MS);
	if (request->status != VIRTIO_BLK_S_OK)
		vmm_fail("block %lu: status %u", (unsigned long)block, request->status);
}

int vmm_image(const char *node, int argc, char **argv)
{
	struct block_request *request;
	unsigned long blocks = 1024, i;
	struct vmm vmm;
	bool write;

	if (!argc || (strcmp(argv[0], "read") && strcmp(argv[0], "write")))
		vmm_fail("read an image or write one?");
	write = !strcmp(argv[0], "write");
	vmm_options(argc - 1, argv + 1, (const struct vmm_option []) {
		{ "blocks", &blocks },
		{ NULL, NULL },
	});

	vmm_open(&vmm, node, 1 << 20);
	if (vmm.device_id != VIRTIO_ID_BLOCK)
		vmm_fail("%s is no block device", node);
	vmm_share(&vmm);
	vmm_negotiate(&vmm, 0);
	vmm_setup_vqs(&vmm, 1, 0);
	request = vmm_alloc(&vmm, sizeof(*request));
	vmm_start(&vmm);

	for (i = 0; i < blocks; i++) {
		if (write && fread(request->data, BLOCK, 1, stdin) != 1)
			vmm_fail("the image ends at block %lu", i);
		transfer(&vmm, request, write ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_IN, i);
		if (!write && fwrite(request->data, BLOCK, 1, stdout) != 1)
			vmm_fail_errno("standard output");
	}
	if (fflush(stdout))
		vmm_fail_errno("standard output");
	vmm_reset(&vmm);
	return 0;
}
