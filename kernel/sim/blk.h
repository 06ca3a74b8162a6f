/* SPDX-License-Identifier: GPL-2.0-only */
/* The simulated block device: what its files share. */
#ifndef VDPA_SIM_BLK_H
#define VDPA_SIM_BLK_H

#include <linux/types.h>

#include "sim.h"

struct vdpa_migration_reader;
struct vdpa_migration_writer;

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
int blk_store_save(struct blk_store *store, struct vdpa_migration_writer *to);
struct blk_store *blk_store_load(struct vdpa_migration_reader *from);

/**
 * struct blk - a simulated block device
 * @sim: what it has in common with the others
 * @store: its data; changed under sim->lock while the queues rest
 * @loaded: the data that it goes on from with its next start, or NULL; under sim->lock
 * @capacity: in sectors, under state_lock; read without by the queues
 * @store_name: empty for a private store
 */
struct blk {
	struct vdpasim sim; /* the first, as the vDPA core allocates it */
	struct blk_store *store;
	struct blk_store *loaded;
	u64 capacity;
	char store_name[BLK_STORE_NAME];
};

static inline struct blk *sim_to_blk(struct vdpasim *sim)
{
	return container_of(sim, struct blk, sim);
}

/* blk_state.c */

void blk_state_start(struct vdpasim *sim);
void blk_state_stop(struct vdpasim *sim);
int blk_state_save(struct vdpasim *sim, struct vdpa_migration_writer *to);
int blk_state_load(struct vdpasim *sim, struct vdpa_migration_reader *from);

#endif
