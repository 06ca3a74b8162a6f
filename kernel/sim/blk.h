/* SPDX-License-Identifier: GPL-2.0-only */
/* The simulated block device: what its files share. */
#ifndef VDPA_SIM_BLK_H
#define VDPA_SIM_BLK_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "sim.h"

struct dentry;
struct vdpa_migration_reader;
struct vdpa_migration_writer;

/* Limits that the device announces, and that no request may exceed. */
#define BLK_SIZE_MAX		SZ_64K
#define BLK_SEG_MAX		126
#define BLK_REQUEST_MAX		(BLK_SIZE_MAX * BLK_SEG_MAX)
#define BLK_ZERO_SECTORS_MAX	(SZ_1G >> SECTOR_SHIFT)
#define BLK_ZERO_SEG_MAX	16

/* Bytes of a store's name, with its terminator. */
#define BLK_STORE_NAME	64

/*
 * A sparse disk in memory. Has no size of its own: whoever uses it says where it ends. Reads and
 * writes of several queues, and of several devices, may overlap; each byte is then what one of them
 * has made it.
 */
struct blk_store;

/* Bytes that a page takes where a store is saved. */
#define BLK_SAVED_PAGE		(PAGE_SIZE + sizeof(u64))

/**
 * struct blk_changes - pages that have changed
 * @pages: them, by their place on the disk
 * @n: how many
 * @lost: some could not be noted: there was no memory
 */
struct blk_changes {
	struct xarray pages;
	atomic_long_t n;
	bool lost;
};

void blk_changes_init(struct blk_changes *changes);
void blk_changes_free(struct blk_changes *changes);
bool blk_changes_take(struct blk_changes *changes, pgoff_t index);

struct blk_store *blk_store_get(const char *name);
void blk_store_hold(struct blk_store *store);
void blk_store_put(struct blk_store *store);
int blk_store_read(struct blk_store *store, u64 pos, struct vdpasim_vq *vq,
		   struct vdpasim_iter *to, u32 len);
int blk_store_write(struct blk_store *store, u64 pos, struct vdpasim_vq *vq,
		    struct vdpasim_iter *from, u32 len);
void blk_store_zero(struct blk_store *store, u64 pos, u64 len);
void blk_store_watch(struct blk_store *store, struct blk_changes *changes);
unsigned long blk_store_pages(struct blk_store *store);
bool blk_store_next(struct blk_store *store, pgoff_t *index);
int blk_store_save(struct blk_store *store, struct vdpa_migration_writer *to);
int blk_store_save_page(struct blk_store *store, pgoff_t index, struct vdpa_migration_writer *to);
int blk_store_save_end(struct vdpa_migration_writer *to);
int blk_store_merge(struct blk_store *store, u64 limit, struct vdpa_migration_reader *from);
struct blk_store *blk_store_load(struct vdpa_migration_reader *from);

struct blk_copy;

/**
 * struct blk - a simulated block device
 * @sim: what it has in common with the others
 * @store: its data; changed under sim->lock while the queues rest
 * @loaded: the data that it goes on from with its next start, or NULL; under sim->lock
 * @old_store: what @store was before the last load; NULL: it is the same, or that is forgotten
 * @old_loaded: what @loaded was before the last load, unless @store was another
 * @copy: its pre-copy, or NULL; set under sim->lock
 * @staged: the rounds of a pre-copy that have come, or NULL; the vDPA core has one at a time at it
 * @capacity: in sectors, under state_lock; read without by the queues
 * @store_name: empty for a private store
 * @request_delay_ms: how long a request takes, beside what it takes for all disks
 * @report_inflight: a suspend reports what is in flight, and does not wait for it
 *
 * The last two are plain words written through debugfs at any time.
 */
struct blk {
	struct vdpasim sim; /* the first, as the vDPA core allocates it */
	struct blk_store *store;
	struct blk_store *loaded;
	struct blk_store *old_store;
	struct blk_store *old_loaded;
	struct blk_copy *copy;
	struct blk_store *staged;
	u64 capacity;
	char store_name[BLK_STORE_NAME];
	u32 request_delay_ms;
	bool report_inflight;
};

static inline struct blk *sim_to_blk(struct vdpasim *sim)
{
	return container_of(sim, struct blk, sim);
}

/* blk_request.c */

enum vdpasim_step blk_step(struct vdpasim_vq *vq, u32 *bytes);
const char *const *blk_get_stat_names(struct vdpasim *sim, u16 idx);
u64 blk_written(struct vdpasim *sim);

/* blk_next.c: what the next devices are to be like */

bool blk_next_init(u64 capacity);
u64 blk_next_read(char *store);
void blk_next_knobs(struct dentry *dir);
void blk_knobs(struct blk *blk);
bool blk_delays(const struct vdpasim_vq *vq);
u32 blk_request_delay(const struct blk *blk);
bool blk_reports(struct vdpasim *sim);

/* blk_precopy.c */

int blk_precopy_begin(struct vdpasim *sim);
int blk_precopy_read(struct vdpasim *sim, struct vdpa_migration_writer *to);
int blk_precopy_info(struct vdpasim *sim, u64 *initial, u64 *dirty);
int blk_precopy_save(struct vdpasim *sim, struct vdpa_migration_writer *to);
void blk_precopy_end(struct vdpasim *sim);
int blk_precopy_load(struct vdpasim *sim, struct vdpa_migration_reader *from);
int blk_precopy_finish(struct vdpasim *sim, struct vdpa_migration_reader *from);
void blk_precopy_drop(struct vdpasim *sim);
void blk_precopy_free(struct vdpasim *sim);
void blk_precopy_knobs(struct blk *blk);

/* blk_state.c */

void blk_state_start(struct vdpasim *sim);
void blk_state_resume(struct vdpasim *sim);
void blk_state_stop(struct vdpasim *sim);
int blk_state_save(struct vdpasim *sim, struct vdpa_migration_writer *to);
int blk_state_load(struct vdpasim *sim, struct vdpa_migration_reader *from);
void blk_state_unload(struct vdpasim *sim);
int blk_state_save_head(const struct blk *blk, struct vdpa_migration_writer *to);
int blk_state_load_head(const struct blk *blk, struct vdpa_migration_reader *from);
u64 blk_state_estimate(struct blk *blk);
void blk_state_take(struct vdpasim *sim, struct blk_store *store);

#endif
