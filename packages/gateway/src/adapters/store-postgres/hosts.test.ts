import { describe, expect, it } from 'vitest'
import { hostsOf, nameOf } from './hosts.js'

describe('hostsOf', () => {
  it('makes a connection string of each host, in their order', () => {
    expect(hostsOf('postgresql://gateway:s%40crt@db1:5432,db2,[2001:db8::1]:6432/qod?sslmode=require')).toEqual([
      'postgresql://gateway:s%40crt@db1:5432/qod?sslmode=require',
      'postgresql://gateway:s%40crt@db2/qod?sslmode=require',
      'postgresql://gateway:s%40crt@[2001:db8::1]:6432/qod?sslmode=require',
    ])
    expect(hostsOf('postgres://localhost/qod')).toEqual(['postgres://localhost/qod'])
  })

  it.each([
    'mysql://gateway:secret@db1/qod',
    'postgresql://',
    'postgresql://gateway:secret@db1:port/qod',
    'postgresql://gateway:secret@db1,/qod',
  ])('refuses %s, and does not repeat the password', (url) => {
    expect(() => hostsOf(url)).toThrow('it must look like postgresql://user:password@host1:5432,host2:5432/database')
    expect(() => hostsOf(url)).not.toThrow('secret')
  })
})

describe('nameOf', () => {
  it('names host and port, and nothing else', () => {
    expect(nameOf('postgresql://gateway:secret@db1:5432/qod')).toBe('db1:5432')
  })
})
