/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers that come late.
 *
 * netlink looks the receiver of a message up by its port. A client whose answer is late may
 * have gone, and its port may be somebody else's by then. So what a worker has to say goes
 * to the socket that has asked, which cannot be mistaken, and into its queue directly: if
 * that socket is closed the answer goes with it.
 */
#ifndef _VDPA_ANSWER_H
#define _VDPA_ANSWER_H

struct netlink_ext_ack;
struct nlmsghdr;
struct sk_buff;
struct sock;

int vdpa_answer_send(struct sock *sk, struct sk_buff *msg);
void vdpa_answer_ack(struct sk_buff *request, int err, const struct netlink_ext_ack *extack);

int vdpa_answers_init(void);
void vdpa_answers_exit(void);

#endif
