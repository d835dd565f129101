import { describe, expect, it } from 'vitest'
import { publicPathOf, withoutPublicPath } from './public-path.js'

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
  ])('is taken from a target that has it: %s', (target, own) => expect(withoutPublicPath(target, '/qod')).toBe(own))
})
