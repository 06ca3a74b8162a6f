// SPDX-License-Identifier: GPL-2.0-only
/*
 * The private state of a simulated block device: the name of its store and, if that is private, its
 * data.
 */
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vdpa_migration.h>

#include "blk.h"

/**
 * struct state_fixed - the first part of the stream
 * @capacity: in sectors
 * @store: name of the store; empty: private, its pages follow
 */
struct state_fixed {
	__le64 capacity;
	char store[BLK_STORE_NAME];
};

/* Write the first part. Return: 0 or an error. */
int blk_state_save_head(const struct blk *blk, struct vdpa_migration_writer *to)
{
	struct state_fixed fixed = { .capacity = cpu_to_le64(READ_ONCE(blk->capacity)) };

	strscpy(fixed.store, blk->store_name);
	return to->write(to, &fixed, sizeof(fixed));
}

/**
 * blk_state_save - write the private state of a disk
 * @sim: disk, suspended
 * @to: destination
 *
 * May sleep. Return: 0 or an error; -EFBIG if a private disk has more data than can be migrated.
 */
int blk_state_save(struct vdpasim *sim, struct vdpa_migration_writer *to)
{
	struct blk *blk = sim_to_blk(sim);
	int err = blk_state_save_head(blk, to);

	return err || *blk->store_name ? err : blk_store_save(blk->store, to);
}

/* Return: the number of bytes that blk_state_save() would write. */
u64 blk_state_estimate(struct blk *blk)
{
	u64 bytes = sizeof(struct state_fixed);

	if (!*blk->store_name)
		bytes += blk_store_pages(blk->store) * BLK_SAVED_PAGE + sizeof(u64);
	return bytes;
}

static int check_fixed(const struct blk *blk, const struct state_fixed *fixed)
{
	if (le64_to_cpu(fixed->capacity) != READ_ONCE(blk->capacity) ||
	    strnlen(fixed->store, sizeof(fixed->store)) == sizeof(fixed->store) ||
	    strcmp(fixed->store, blk->store_name))
		return -EINVAL;
	return 0;
}

/* Read the first part. Return: 0; -EINVAL if it does not match this disk. */
int blk_state_load_head(const struct blk *blk, struct vdpa_migration_reader *from)
{
	struct state_fixed fixed;

	return from->read(from, &fixed, sizeof(fixed)) ?: check_fixed(blk, &fixed);
}

/* Replace the store. The queues are stopped. */
static void use_store(struct blk *blk, struct blk_store *store)
{
	blk_store_put(blk->store);
	blk->store = store;
}

/* The last load can no longer be undone. */
static void forget_old(struct blk *blk)
{
	blk_store_put(blk->old_store);
	blk_store_put(blk->old_loaded);
	blk->old_store = NULL;
	blk->old_loaded = NULL;
}

/**
 * blk_state_start - use the loaded store
 * @sim: disk with stopped queues
 *
 * May sleep. Under sim->lock.
 */
void blk_state_start(struct vdpasim *sim)
{
	struct blk *blk = sim_to_blk(sim);

	if (blk->loaded)
		use_store(blk, blk->loaded);
	blk->loaded = NULL;
	forget_old(blk);
}

/**
 * blk_state_resume - keep the loaded store at a resume
 * @sim: disk with stopped queues
 *
 * May sleep. Under sim->lock.
 */
void blk_state_resume(struct vdpasim *sim)
{
	forget_old(sim_to_blk(sim));
}

/**
 * blk_state_stop - drop the loaded store
 * @sim: disk with stopped queues
 *
 * May sleep. Under sim->lock.
 */
void blk_state_stop(struct vdpasim *sim)
{
	struct blk *blk = sim_to_blk(sim);

	blk_store_put(blk->loaded);
	blk->loaded = NULL;
	forget_old(blk);
}

/**
 * blk_state_take - load another store
 * @sim: disk with stopped queues
 * @store: private store, whose reference is consumed; NULL: the disk keeps its shared store
 *
 * Takes effect at once if the device is suspended, else at its next start. May sleep. Under
 * sim->lock.
 */
void blk_state_take(struct vdpasim *sim, struct blk_store *store)
{
	struct blk *blk = sim_to_blk(sim);

	forget_old(blk);
	if (sim->suspended && store) {
		blk->old_store = blk->store;
		blk->store = store;
	} else {
		blk->old_loaded = blk->loaded;
		blk->loaded = store;
	}
}

/**
 * blk_state_load - load a private state
 * @sim: disk with stopped queues
 * @from: the stream
 *
 * May sleep. Under sim->lock. Return: 0, or an error and nothing has changed.
 */
int blk_state_load(struct vdpasim *sim, struct vdpa_migration_reader *from)
{
	struct blk *blk = sim_to_blk(sim);
	struct blk_store *store = NULL;
	int err;

	err = blk_state_load_head(blk, from);
	if (err)
		return err;
	if (!*blk->store_name) {
		store = blk_store_load(from);
		if (IS_ERR(store))
			return PTR_ERR(store);
	}
	if (from->left) {
		blk_store_put(store);
		return -EINVAL;
	}
	blk_state_take(sim, store);
	return 0;
}

/**
 * blk_state_unload - undo the last load
 * @sim: disk with stopped queues
 *
 * May sleep. Under sim->lock.
 */
void blk_state_unload(struct vdpasim *sim)
{
	struct blk *blk = sim_to_blk(sim);

	if (blk->old_store) {
		use_store(blk, blk->old_store);
	} else {
		blk_store_put(blk->loaded);
		blk->loaded = blk->old_loaded;
	}
	blk->old_store = NULL;
	blk->old_loaded = NULL;
}
