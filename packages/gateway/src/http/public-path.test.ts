import { describe, expect, it } from 'vitest'
import { withGateway } from '../../test/support/gateway.js'
import { routedPaths } from '../../test/support/routed-paths.js'
import { OWN_SEGMENTS, publicPathOf, withoutPublicPath } from './public-path.js'

describe('the path of publicUrl', () => {
  it.each([
    ['', ''],
    ['https://qod.example', ''],
    ['https://qod.example:8443', ''],
    ['https://qod.example/qod', '/qod'],
    ['https://qod.example/a/b', '/a/b'],
  ])('of %j is %j', (url, path) => expect(publicPathOf(url)).toBe(path))

  it.each([
    ['/qod', '/'],
    ['/qod/', '/'],
    ['/qod?x=1', '/?x=1'],
    ['/qod/dashboard/', '/dashboard/'],
    ['/qod/qod/v0/sessions', '/qod/v0/sessions'],
    ['/quality-on-demand/v1/sessions', '/quality-on-demand/v1/sessions'],
    ['/qodly', '/qodly'],
    ['*', '*'],
    ['/qod/v0/sessions', '/qod/v0/sessions'],
    ['/qod/nothing', '/qod/nothing'],
  ])('is removed from a target that has it: %s', (target, own) => expect(withoutPublicPath(target, '/qod')).toBe(own))

  it.each([
    ['/admin', '/admin/v1/sign-in', '/admin/v1/sign-in'],
    ['/admin', '/admin/admin/v1/sign-in', '/admin/v1/sign-in'],
    ['/oauth2', '/oauth2/jwks', '/oauth2/jwks'],
    ['/oauth2', '/oauth2/oauth2/jwks', '/oauth2/jwks'],
    ['/dashboard', '/dashboard/', '/dashboard/'],
    ['/dashboard', '/dashboard/dashboard/assets/a.js', '/dashboard/assets/a.js'],
    ['/metrics', '/metrics', '/metrics'],
    ['/quality-on-demand', '/quality-on-demand/v1/sessions', '/quality-on-demand/v1/sessions'],
    ['/a', '/a/nothing', '/nothing'],
  ])('may be a path of ours: %s, %s', (path, target, own) => expect(withoutPublicPath(target, path)).toBe(own))

  it('is distinguished from every path of ours', () =>
    withGateway(
      async ({ app }) => {
        const segments = new Map<string, boolean>()
        for (const path of routedPaths(app).map((each) => each.replace('*', ''))) {
          const [, segment = '', ...more] = path.split('/')
          if (/^[a-z]/.test(segment)) segments.set(segment, segments.get(segment) || more.length === 0)
        }
        expect([...segments].sort()).toEqual([...OWN_SEGMENTS])
      },
      { settings: { 'dashboard.enabled': true } },
    ))
})
