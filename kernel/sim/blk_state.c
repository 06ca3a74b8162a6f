// SPDX-License-Identifier: GPL-2.0-only
/*
 * The private state of a simulated block device: which store it uses and, where nobody else can
 * have that, what is on it.
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
 * @store: name of the store; empty: private, and its pages follow
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
 * @to: where to
 *
 * May sleep. Return: 0 or an error: -EFBIG where more is on a private disk than can be migrated.
 */
int blk_state_save(struct vdpasim *sim, struct vdpa_migration_writer *to)
{
	struct blk *blk = sim_to_blk(sim);
	int err = blk_state_save_head(blk, to);

	return err || *blk->store_name ? err : blk_store_save(blk->store, to);
}

/* How many bytes blk_state_save() would write. */
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

/* Read the first part. Return: 0; -EINVAL if it is another disk's. */
int blk_state_load_head(const struct blk *blk, struct vdpa_migration_reader *from)
{
	struct state_fixed fixed;

	return from->read(from, &fixed, sizeof(fixed)) ?: check_fixed(blk, &fixed);
}

/* The queues rest: from now on they find the other store. */
static void use_store(struct blk *blk, struct blk_store *store)
{
	blk_store_put(blk->store);
	blk->store = store;
}

/* The last load is not taken back any more. */
static void forget_old(struct blk *blk)
{
	blk_store_put(blk->old_store);
	blk_store_put(blk->old_loaded);
	blk->old_store = NULL;
	blk->old_loaded = NULL;
}

/**
 * blk_state_start - go on from what was loaded
 * @sim: disk, at rest
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
 * blk_state_resume - go on after a suspend
 * @sim: disk, at rest
 *
 * May sleep. Under sim->lock.
 */
void blk_state_resume(struct vdpasim *sim)
{
	forget_old(sim_to_blk(sim));
}

/**
 * blk_state_stop - forget what was loaded
 * @sim: disk, at rest
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
 * blk_state_take - go on with another store
 * @sim: disk, at rest
 * @store: private store, which is taken; NULL: the disk keeps its own, which others share
 *
 * At once where the device is suspended, with its next start else. May sleep. Under sim->lock.
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
 * blk_state_load - take over a private state
 * @sim: disk, at rest
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
 * blk_state_unload - go back to what was there before the last load
 * @sim: disk, at rest since
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
