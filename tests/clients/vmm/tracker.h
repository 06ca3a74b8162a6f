/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages that the device wrote, as the vdpa core tells them. */
#ifndef VMM_TRACKER_H
#define VMM_TRACKER_H

#include "vmm.h"

/**
 * struct tracker - a device whose writes are noted
 * @device: its name
 * @first: of these addresses of the device
 * @last: see there
 * @fd: a socket
 * @family: the number of the core's family
 * @seq: of the last request
 * @len: bytes of @answer
 * @answer: attributes of the last answer
 * @buf: what came last
 */
struct tracker {
	char device[64];
	uint64_t first;
	uint64_t last;
	int fd;
	uint16_t family;
	uint32_t seq;
	size_t len;
	uint8_t answer[16384] __attribute__((aligned(8)));
	uint8_t buf[16384] __attribute__((aligned(8)));
};

void tracker_start(struct tracker *tracker, const char *device, uint64_t first, uint64_t last);
uint64_t tracker_read(struct tracker *tracker, void (*page)(void *arg, uint64_t iova, uint64_t size),
		      void *arg);
void tracker_stop(struct tracker *tracker);

#endif
