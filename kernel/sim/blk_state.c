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
	struct state_fixed fixed = { .capacity = cpu_to_le64(READ_ONCE(blk->capacity)) };
	int err;

	strscpy(fixed.store, blk->store_name);
	err = to->write(to, &fixed, sizeof(fixed));
	return err || *blk->store_name ? err : blk_store_save(blk->store, to);
}

static int check_fixed(const struct blk *blk, const struct state_fixed *fixed)
{
	if (le64_to_cpu(fixed->capacity) != READ_ONCE(blk->capacity) ||
	    strnlen(fixed->store, sizeof(fixed->store)) == sizeof(fixed->store) ||
	    strcmp(fixed->store, blk->store_name))
		return -EINVAL;
	return 0;
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
	struct state_fixed fixed;
	int err;

	err = from->read(from, &fixed, sizeof(fixed)) ?: check_fixed(blk, &fixed);
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
	forget_old(blk);
	if (sim->suspended && store) {
		blk->old_store = blk->store;
		blk->store = store;
	} else {
		blk->old_loaded = blk->loaded;
		blk->loaded = store;
	}
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
