# The iOS half for CocoaPods: the module, the Swift bindings beside it as sources, and the library as an XCFramework.

require 'json'

package = JSON.parse(File.read(File.join(__dir__, 'package.json')))

Pod::Spec.new do |s|
  s.name = 'react-native-appwrite-session'
  s.version = package['version']
  s.summary = package['description']
  s.homepage = 'https://www.npmjs.com/package/react-native-appwrite-session'
  s.license = package['license']
  s.authors = 'The authors of appwrite-session'
  s.platforms = { ios: min_ios_version_supported }
  s.source = { http: "https://registry.npmjs.org/#{s.name}/-/#{s.name}-#{s.version}.tgz" }

  s.source_files = 'ios/*.{h,mm,swift}', 'ios/logic/*.swift', 'ios/bindings/*.swift'
  # Its header is C++, which a Swift module cannot have.
  s.private_header_files = 'ios/*.h'
  s.swift_version = '6.0'
  s.resource_bundles = { 'AppwriteSessionPrivacy' => 'ios/PrivacyInfo.xcprivacy' }

  s.vendored_frameworks = 'ios/AppwriteSessionFFI.xcframework'
  # Where CocoaPods puts the header and the module map of its static library.
  s.pod_target_xcconfig = { 'HEADER_SEARCH_PATHS' => "\"${PODS_XCFRAMEWORKS_BUILD_DIR}/#{s.name}/Headers\"" }
  # LocalAuthentication for the module, the rest for the library.
  s.frameworks = 'CoreFoundation', 'LocalAuthentication', 'Security'
  s.libraries = 'iconv'

  install_modules_dependencies(s)
end
