package org.batchengine.store;

/**
 * A session asks what it may begin under a limit.
 *
 * @param number from 1, higher than that of any earlier question of the session about this limit
 * @param places how many more calls it could begin within half a second; 0 if it has enough
 * @param wanted how many calls it has: those that run, and those that wait
 * @param running how many of them run; from when it asks until it is answered no more may
 */
public record LimitAsk(
    long session, LimitName name, long number, int places, int wanted, int running) {}
