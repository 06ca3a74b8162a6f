// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pre-copy of a private disk. The source tracks changed pages. The target stages the pages on a
 * disk beside the device, which takes that disk over with the rest.
 *
 * A disk with a shared store has nothing to copy: its rounds are empty.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/vdpa_migration.h>

#include "blk.h"

/* Maximum size of the pages in a round. */
#define ROUND_MAX		SZ_1M

/**
 * struct blk_copy - a pre-copy of a disk
 * @store: the disk
 * @changes: pages changed since the last round with them, or since the beginning
 * @next: the first page of the initial data that was in no round yet
 * @left: approximate number of such pages: freed and new pages are not accounted for
 * @all: all initial pages were copied
 */
struct blk_copy {
	struct blk_store *store;
	struct blk_changes changes;
	pgoff_t next;
	unsigned long left;
	bool all;
};

/* Return: the number of pages of a disk. Data beyond a reduced capacity is not copied. */
static u64 pages_of(const struct blk *blk)
{
	return DIV_ROUND_UP_ULL(READ_ONCE(blk->capacity) << SECTOR_SHIFT, PAGE_SIZE);
}

static void copy_free(struct blk_copy *copy)
{
	blk_changes_free(&copy->changes);
	blk_store_put(copy->store);
	kfree(copy);
}

/**
 * blk_precopy_begin - start to track changes
 * @sim: disk
 *
 * May sleep. Under sim->lock. Return: 0 or an error.
 */
int blk_precopy_begin(struct vdpasim *sim)
{
	struct blk *blk = sim_to_blk(sim);
	struct blk_copy *copy = kzalloc(sizeof(*copy), GFP_KERNEL);

	if (!copy)
		return -ENOMEM;
	blk_store_hold(blk->store);
	copy->store = blk->store;
	blk_changes_init(&copy->changes);
	blk->copy = copy;
	copy->all = *blk->store_name;
	if (copy->all)
		return 0;
	blk_store_watch(copy->store, &copy->changes);
	if (vdpasim_settle(sim)) {
		blk_precopy_end(sim);
		return -EINTR;
	}
	copy->left = blk_store_pages(copy->store);
	return 0;
}

/**
 * blk_precopy_end - stop tracking changes
 * @sim: disk
 *
 * May sleep. Under sim->lock.
 */
void blk_precopy_end(struct vdpasim *sim)
{
	struct blk *blk = sim_to_blk(sim);
	u16 i;

	blk_store_watch(blk->copy->store, NULL);
	/* Wait for queues that are about to record a change. */
	for (i = 0; i < sim->nvqs; i++) {
		mutex_lock(&sim->vqs[i].lock);
		mutex_unlock(&sim->vqs[i].lock);
	}
	copy_free(blk->copy);
	blk->copy = NULL;
}

/* Free the pre-copy with the device. */
void blk_precopy_free(struct vdpasim *sim)
{
	struct blk *blk = sim_to_blk(sim);

	if (blk->copy)
		copy_free(blk->copy);
	blk_store_put(blk->staged);
}

/*
 * Write initial pages. Each is removed from the changes first, so that a later change counts again.
 */
static int save_initial(struct blk_copy *copy, u64 end, u64 *room, struct vdpa_migration_writer *to)
{
	int err;

	while (!copy->all && *room >= BLK_SAVED_PAGE) {
		copy->all = !blk_store_next(copy->store, &copy->next) || copy->next >= end;
		if (copy->all)
			break;
		blk_changes_take(&copy->changes, copy->next);
		err = blk_store_save_page(copy->store, copy->next, to);
		if (err)
			return err;
		copy->next++;
		if (copy->left)
			copy->left--;
		*room -= BLK_SAVED_PAGE;
		cond_resched();
	}
	return 0;
}

static int save_changes(struct blk_copy *copy, u64 end, u64 *room, struct vdpa_migration_writer *to)
{
	unsigned long index;
	void *noted;
	int err;

	xa_for_each(&copy->changes.pages, index, noted) {
		if (*room < BLK_SAVED_PAGE)
			break;
		if (!blk_changes_take(&copy->changes, index) || index >= end)
			continue;
		err = blk_store_save_page(copy->store, index, to);
		if (err)
			return err;
		*room -= BLK_SAVED_PAGE;
		cond_resched();
	}
	return 0;
}

/* @room: maximum number of bytes of pages to write */
static int save_pages(struct blk *blk, u64 room, struct vdpa_migration_writer *to)
{
	struct blk_copy *copy = blk->copy;
	u64 end = pages_of(blk);
	int err;

	if (READ_ONCE(copy->changes.lost))
		return -ENOMEM;
	err = blk_state_save_head(blk, to);
	if (err || *blk->store_name)
		return err;
	return save_initial(copy, end, &room, to) ?: save_changes(copy, end, &room, to) ?:
	       blk_store_save_end(to);
}

/**
 * blk_precopy_read - write a round
 * @sim: disk
 * @to: destination
 *
 * May sleep. Return: 0; -ESTALE if another store was loaded since it began.
 */
int blk_precopy_read(struct vdpasim *sim, struct vdpa_migration_writer *to)
{
	struct blk *blk = sim_to_blk(sim);

	if (READ_ONCE(blk->store) != blk->copy->store)
		return -ESTALE;
	return save_pages(blk, ROUND_MAX, to);
}

/* Get the bytes left. Return: 0. */
int blk_precopy_info(struct vdpasim *sim, u64 *initial, u64 *dirty)
{
	const struct blk_copy *copy = sim_to_blk(sim)->copy;

	*initial = copy->all ? 0 : max(copy->left, 1UL) * BLK_SAVED_PAGE;
	*dirty = atomic_long_read(&copy->changes.n) * BLK_SAVED_PAGE;
	return 0;
}

/**
 * blk_precopy_save - write the rest
 * @sim: disk, suspended
 * @to: destination
 *
 * May sleep. Under sim->lock. Return: as blk_precopy_read(); -EFBIG if it is too large.
 */
int blk_precopy_save(struct vdpasim *sim, struct vdpa_migration_writer *to)
{
	struct blk *blk = sim_to_blk(sim);

	if (blk->store != blk->copy->store)
		return -ESTALE;
	return save_pages(blk, U64_MAX, to);
}

static int load_pages(struct blk *blk, struct vdpa_migration_reader *from)
{
	int err = blk_state_load_head(blk, from);

	if (!err && !*blk->store_name)
		err = blk_store_merge(blk->staged, pages_of(blk), from);
	return err ?: from->left ? -EINVAL : 0;
}

/**
 * blk_precopy_load - stage a round
 * @sim: disk
 * @from: the stream
 *
 * May sleep. Return: 0, or an error: then the staged rounds are invalid.
 */
int blk_precopy_load(struct vdpasim *sim, struct vdpa_migration_reader *from)
{
	struct blk *blk = sim_to_blk(sim);

	if (!blk->staged)
		blk->staged = blk_store_get("");
	return blk->staged ? load_pages(blk, from) : -ENOMEM;
}

/**
 * blk_precopy_finish - take over the staged rounds with the rest
 * @sim: disk with stopped queues
 * @from: the stream
 *
 * May sleep. Under sim->lock. Return: 0, or an error and the device has not changed.
 */
int blk_precopy_finish(struct vdpasim *sim, struct vdpa_migration_reader *from)
{
	struct blk *blk = sim_to_blk(sim);
	int err;

	if (!blk->staged)
		return -EINVAL;
	err = load_pages(blk, from);
	if (err)
		return err;
	if (*blk->store_name)
		blk_precopy_drop(sim);
	blk_state_take(sim, blk->staged);
	blk->staged = NULL;
	return 0;
}

/* Drop the staged rounds. May sleep. */
void blk_precopy_drop(struct vdpasim *sim)
{
	struct blk *blk = sim_to_blk(sim);

	blk_store_put(blk->staged);
	blk->staged = NULL;
}

/* For tests: whether changes are tracked, and whether rounds are staged. */
static int precopy_show(struct seq_file *seq, void *unused)
{
	struct blk *blk = seq->private;

	seq_printf(seq, "copied %d staged %d\n", !!READ_ONCE(blk->copy), !!READ_ONCE(blk->staged));
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(precopy);

void blk_precopy_knobs(struct blk *blk)
{
	debugfs_create_file("precopy", 0400, blk->sim.dir, blk, &precopy_fops);
}
