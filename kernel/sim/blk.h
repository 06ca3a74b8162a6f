/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the files of the simulated block device.
 */
#ifndef VDPA_SIM_BLK_H
#define VDPA_SIM_BLK_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "sim.h"

struct dentry;
struct vdpa_migration_reader;
struct vdpa_migration_writer;

/* Limits that the device announces and enforces. */
#define BLK_SIZE_MAX		SZ_64K
#define BLK_SEG_MAX		126
#define BLK_REQUEST_MAX		(BLK_SIZE_MAX * BLK_SEG_MAX)
#define BLK_ZERO_SECTORS_MAX	(SZ_1G >> SECTOR_SHIFT)
#define BLK_ZERO_SEG_MAX	16

/* Bytes of a store's name, with its terminator. */
#define BLK_STORE_NAME	64

/*
 * A sparse disk in memory. It has no size: its users know where it ends. Reads and writes of
 * several queues and devices may overlap; each byte then has the value of one of the writes.
 */
struct blk_store;

/* Size of a page in a saved store. */
#define BLK_SAVED_PAGE		(PAGE_SIZE + sizeof(u64))

/**
 * struct blk_changes - the set of changed pages
 * @pages: the pages, by their index on the disk
 * @n: their number
 * @lost: memory ran out: some changes are not in the set
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
 * @sim: the common part
 * @store: its data; replaced under sim->lock while the queues are stopped
 * @loaded: the data that it uses from its next start on, or NULL; under sim->lock
 * @old_store: @store before the last load; NULL: unchanged, or the load cannot be undone
 * @old_loaded: @loaded before the last load, if @store is unchanged
 * @copy: its pre-copy, or NULL; set under sim->lock
 * @staged: the staged rounds of a pre-copy, or NULL; the vDPA core serialises access
 * @capacity: in sectors; written under state_lock, read without it by the queues
 * @store_name: name of its store; empty: private
 * @request_delay_ms: duration of a request, added to that for all disks
 * @report_inflight: a suspend reports chains in flight instead of completing them
 *
 * The last two are plain values, written through debugfs at any time.
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

/* blk_next.c: settings of new and existing devices */

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
