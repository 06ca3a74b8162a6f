/* SPDX-License-Identifier: GPL-2.0-only */
/* The simulated block device: what its files share. */
#ifndef VDPA_SIM_BLK_H
#define VDPA_SIM_BLK_H

#include <linux/types.h>

struct vdpasim_vq;
struct vdpasim_iter;

/* Bytes of a store's name, with its terminator. */
#define BLK_STORE_NAME	64

/*
 * A sparse disk in memory. Has no size of its own: whoever uses it says where it ends. Reads and
 * writes of several queues, and of several devices, may overlap; each byte is then what one of them
 * has made it.
 */
struct blk_store;

struct blk_store *blk_store_get(const char *name);
void blk_store_put(struct blk_store *store);
int blk_store_read(struct blk_store *store, u64 pos, struct vdpasim_vq *vq,
		   struct vdpasim_iter *to, u32 len);
int blk_store_write(struct blk_store *store, u64 pos, struct vdpasim_vq *vq,
		    struct vdpasim_iter *from, u32 len);
void blk_store_zero(struct blk_store *store, u64 pos, u64 len);

#endif
